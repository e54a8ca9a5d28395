select
    md5(reviews.review_id || '-' || reviews.order_id) as review_key,
    reviews.review_id,
    reviews.order_id,
    orders.customer_unique_id,
    {{ date_key('reviews.created_at') }} as created_date_key,
    reviews.review_score,
    reviews.sentiment,
    reviews.title,
    reviews.message,
    reviews.has_comment,
    reviews.comment_length,
    reviews.hours_to_answer,
    reviews.is_shared,
    reviews.is_latest_of_order,
    orders.is_late,
    orders.days_to_deliver,
    reviews.loaded_at
from {{ ref('int_reviews_cleaned') }} as reviews
left join {{ ref('fact_orders') }} as orders on reviews.order_id = orders.order_id
