with calendar as (
    {{ every_day(var('first_date'), var('last_date')) }}
)

select
    {{ date_key('date_day') }} as date_key,
    date_day,
    cast(extract(year from date_day) as integer) as year_number,
    cast(extract(quarter from date_day) as integer) as quarter_number,
    cast(extract(month from date_day) as integer) as month_number,
    cast(
        {{ name_of('extract(month from date_day)', [
            'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
            'September', 'October', 'November', 'December'
        ]) }} as {{ dbt.type_string() }}
    ) as month_name,
    {{ month_start('date_day') }} as month_start,
    cast(extract(day from date_day) as integer) as day_of_month,
    cast({{ iso_weekday('date_day') }} as integer) as weekday_number,
    cast(
        {{ name_of(iso_weekday('date_day'), [
            'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'
        ]) }} as {{ dbt.type_string() }}
    ) as weekday_name,
    {{ iso_weekday('date_day') }} >= 6 as is_weekend,
    -- The day after the fourth Thursday of November.
    extract(month from date_day) = 11
    and {{ iso_weekday('date_day') }} = 5
    and extract(day from date_day) between 23 and 29 as is_black_friday
from calendar
