select
    review_id,
    order_id,
    review_score,
    review_comment_title as title,
    review_comment_message as message,
    review_creation_date as created_at,
    review_answer_timestamp as answered_at,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'order_reviews') }}
