-- The shop's database: nine tables of the Olist data set, as a shop would keep them.
-- geolocation has no key, review ids repeat, and "lenght" is how the data set spells it.

CREATE TABLE product_category_name_translation (
  product_category_name VARCHAR(100) NOT NULL COMMENT 'Category as the shop names it',
  product_category_name_english VARCHAR(100) NOT NULL COMMENT 'Category in English',
  PRIMARY KEY (product_category_name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='English names of product categories';

CREATE TABLE customers (
  customer_id CHAR(32) NOT NULL COMMENT 'One per order',
  customer_unique_id CHAR(32) NOT NULL COMMENT 'The person behind several customer_id',
  customer_zip_code_prefix CHAR(5) NOT NULL COMMENT 'First five digits of the zip code',
  customer_city VARCHAR(100) NOT NULL COMMENT 'City, lower case, without accents',
  customer_state CHAR(2) NOT NULL COMMENT 'State',
  PRIMARY KEY (customer_id),
  KEY customer_unique_id (customer_unique_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Who placed each order and where they live';

CREATE TABLE sellers (
  seller_id CHAR(32) NOT NULL COMMENT 'Seller',
  seller_zip_code_prefix CHAR(5) NOT NULL COMMENT 'First five digits of the zip code',
  seller_city VARCHAR(100) NOT NULL COMMENT 'City',
  seller_state CHAR(2) NOT NULL COMMENT 'State',
  PRIMARY KEY (seller_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Merchants who sell through the shop';

CREATE TABLE products (
  product_id CHAR(32) NOT NULL COMMENT 'Product',
  product_category_name VARCHAR(100) NULL COMMENT 'Category; a few have no translation',
  product_name_lenght INT NULL COMMENT 'Characters in the name',
  product_description_lenght INT NULL COMMENT 'Characters in the description',
  product_photos_qty INT NULL COMMENT 'Photos on the page',
  product_weight_g INT NULL COMMENT 'Weight in grams',
  product_length_cm INT NULL COMMENT 'Length in centimetres',
  product_height_cm INT NULL COMMENT 'Height in centimetres',
  product_width_cm INT NULL COMMENT 'Width in centimetres',
  PRIMARY KEY (product_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Products on sale';

CREATE TABLE orders (
  order_id CHAR(32) NOT NULL COMMENT 'Order',
  customer_id CHAR(32) NOT NULL COMMENT 'Who placed it',
  order_status VARCHAR(20) NOT NULL COMMENT 'delivered, shipped, canceled, ...',
  order_purchase_timestamp DATETIME NOT NULL COMMENT 'When it was placed',
  order_approved_at DATETIME NULL COMMENT 'When the payment was approved',
  order_delivered_carrier_date DATETIME NULL COMMENT 'When the carrier got it',
  order_delivered_customer_date DATETIME NULL COMMENT 'When the customer got it',
  order_estimated_delivery_date DATETIME NOT NULL COMMENT 'What the customer was promised',
  PRIMARY KEY (order_id),
  KEY order_purchase_timestamp (order_purchase_timestamp),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Orders and how far they got';

CREATE TABLE order_items (
  order_id CHAR(32) NOT NULL COMMENT 'Order',
  order_item_id INT NOT NULL COMMENT 'Position in the order, from 1',
  product_id CHAR(32) NOT NULL COMMENT 'What was bought',
  seller_id CHAR(32) NOT NULL COMMENT 'From whom',
  shipping_limit_date DATETIME NOT NULL COMMENT 'When the seller must have posted it',
  price DECIMAL(10,2) NOT NULL COMMENT 'Price in reais',
  freight_value DECIMAL(10,2) NOT NULL COMMENT 'Freight in reais',
  PRIMARY KEY (order_id, order_item_id),
  CONSTRAINT items_order FOREIGN KEY (order_id) REFERENCES orders (order_id),
  CONSTRAINT items_product FOREIGN KEY (product_id) REFERENCES products (product_id),
  CONSTRAINT items_seller FOREIGN KEY (seller_id) REFERENCES sellers (seller_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Lines of the orders';

CREATE TABLE order_payments (
  order_id CHAR(32) NOT NULL COMMENT 'Order',
  payment_sequential INT NOT NULL COMMENT 'Number of the payment within the order',
  payment_type VARCHAR(20) NOT NULL COMMENT 'credit_card, boleto, voucher, debit_card',
  payment_installments INT NOT NULL COMMENT 'Instalments the customer chose',
  payment_value DECIMAL(10,2) NOT NULL COMMENT 'Amount in reais',
  PRIMARY KEY (order_id, payment_sequential),
  CONSTRAINT payments_order FOREIGN KEY (order_id) REFERENCES orders (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='How the orders were paid';

CREATE TABLE order_reviews (
  review_id CHAR(32) NOT NULL COMMENT 'Review; not unique, one may stand for two orders',
  order_id CHAR(32) NOT NULL COMMENT 'Order',
  review_score INT NOT NULL COMMENT 'Stars, 1 to 5',
  review_comment_title VARCHAR(255) NULL COMMENT 'Title of the comment',
  review_comment_message TEXT NULL COMMENT 'Comment, in Portuguese',
  review_creation_date DATETIME NOT NULL COMMENT 'When the survey was sent',
  review_answer_timestamp DATETIME NOT NULL COMMENT 'When it was answered',
  PRIMARY KEY (review_id, order_id),
  CONSTRAINT reviews_order FOREIGN KEY (order_id) REFERENCES orders (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='What customers say';

CREATE TABLE geolocation (
  geolocation_zip_code_prefix CHAR(5) NOT NULL COMMENT 'First five digits of the zip code',
  geolocation_lat DOUBLE NOT NULL COMMENT 'Latitude',
  geolocation_lng DOUBLE NOT NULL COMMENT 'Longitude',
  geolocation_city VARCHAR(100) NOT NULL COMMENT 'City, with and without accents',
  geolocation_state CHAR(2) NOT NULL COMMENT 'State'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='Points of zip code prefixes; rows repeat';
