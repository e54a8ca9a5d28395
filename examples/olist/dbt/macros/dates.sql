{#- 20170924 out of 2017-09-24: the key of dim_date. -#}
{% macro date_key(column) -%}
    cast(
        extract(year from {{ column }}) * 10000
        + extract(month from {{ column }}) * 100
        + extract(day from {{ column }}) as integer
    )
{%- endmacro %}

{#- Days between two moments, to a tenth; null when either is. -#}
{% macro days_between(start, finish) -%}
    cast(
        {{ dbt.datediff(start, finish, 'second') }} / 86400.0 as decimal(9, 1)
    )
{%- endmacro %}

{#- Hours between two moments, to a tenth; null when either is. -#}
{% macro hours_between(start, finish) -%}
    cast(
        {{ dbt.datediff(start, finish, 'second') }} / 3600.0 as decimal(9, 1)
    )
{%- endmacro %}

{#- First day of the moment's month, as a date. -#}
{% macro month_start(column) -%}
    cast({{ dbt.date_trunc('month', column) }} as date)
{%- endmacro %}

{#- 1 = Monday to 7 = Sunday, whatever the session's settings. -#}
{% macro iso_weekday(column) -%}
    {{ return(adapter.dispatch('iso_weekday')(column)) }}
{%- endmacro %}

{% macro default__iso_weekday(column) -%}
    dayofweekiso({{ column }})
{%- endmacro %}

{% macro duckdb__iso_weekday(column) -%}
    isodow({{ column }})
{%- endmacro %}

{#- Picks the name of an ordinal from 1 on. -#}
{% macro name_of(number, names) -%}
    case {{ number }}
        {%- for name in names %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- A query with the column `date_day`: one row per day, both ends included. -#}
{% macro every_day(first, last) -%}
    with digit as (
        {%- for number in range(10) %}
        select {{ number }} as d{{ ' union all' if not loop.last }}
        {%- endfor %}
    ),

    counted as (
        select
            thousands.d * 1000 + hundreds.d * 100 + tens.d * 10 + ones.d as days
        from digit as thousands
        cross join digit as hundreds
        cross join digit as tens
        cross join digit as ones
    )

    select
        cast(
            {{ dbt.dateadd('day', 'days', "cast('" ~ first ~ "' as date)") }} as date
        ) as date_day
    from counted
    where days <= {{ dbt.datediff("cast('" ~ first ~ "' as date)", "cast('" ~ last ~ "' as date)", 'day') }}
{%- endmacro %}
