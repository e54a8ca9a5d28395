with calendar as (
    {{ every_day(var('first_date'), var('last_date')) }}
)

select
    {{ date_key('day') }} as date_key,
    day as date_day,
    cast(extract(year from day) as integer) as year_number,
    cast(extract(quarter from day) as integer) as quarter_number,
    cast(extract(month from day) as integer) as month_number,
    cast(
        {{ name_of('extract(month from day)', [
            'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
            'September', 'October', 'November', 'December'
        ]) }} as {{ dbt.type_string() }}
    ) as month_name,
    {{ month_start('day') }} as month_start,
    cast(extract(day from day) as integer) as day_of_month,
    cast({{ iso_weekday('day') }} as integer) as weekday_number,
    cast(
        {{ name_of(iso_weekday('day'), [
            'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'
        ]) }} as {{ dbt.type_string() }}
    ) as weekday_name,
    {{ iso_weekday('day') }} >= 6 as is_weekend,
    -- The day after the fourth Thursday of November.
    extract(month from day) = 11
    and {{ iso_weekday('day') }} = 5
    and extract(day from day) between 23 and 29 as is_black_friday
from calendar
