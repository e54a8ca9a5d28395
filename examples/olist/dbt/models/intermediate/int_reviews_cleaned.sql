with reviews as (
    select
        review_id,
        order_id,
        review_score,
        {{ one_line('title') }} as title,
        {{ one_line('message') }} as message,
        created_at,
        answered_at,
        loaded_at,
        count(*) over (partition by review_id) as orders_of_review,
        row_number() over (
            partition by order_id order by answered_at desc, review_id desc
        ) as place_in_order
    from {{ ref('stg_order_reviews') }}
)

select
    review_id,
    order_id,
    review_score,
    case
        when review_score >= 4 then 'positive'
        when review_score = 3 then 'neutral'
        else 'negative'
    end as sentiment,
    title,
    message,
    message is not null as has_comment,
    coalesce(length(message), 0) as comment_length,
    created_at,
    answered_at,
    {{ hours_between('created_at', 'answered_at') }} as hours_to_answer,
    orders_of_review > 1 as is_shared,
    place_in_order = 1 as is_latest_of_order,
    loaded_at
from reviews
