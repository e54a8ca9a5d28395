{#- Great-circle distance in kilometres, to a tenth; null when a coordinate is. -#}
{% macro kilometres_between(latitude_a, longitude_a, latitude_b, longitude_b) -%}
    cast(
        12742 * asin(
            sqrt(
                power(sin(radians({{ latitude_b }} - {{ latitude_a }}) / 2), 2)
                + cos(radians({{ latitude_a }})) * cos(radians({{ latitude_b }}))
                * power(sin(radians({{ longitude_b }} - {{ longitude_a }}) / 2), 2)
            )
        ) as decimal(9, 1)
    )
{%- endmacro %}

{#- The region of a Brazilian state. -#}
{% macro region_of(state) -%}
    case
        when {{ state }} in ('AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO') then 'North'
        when {{ state }} in ('AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE') then 'Northeast'
        when {{ state }} in ('DF', 'GO', 'MS', 'MT') then 'Central-West'
        when {{ state }} in ('ES', 'MG', 'RJ', 'SP') then 'Southeast'
        when {{ state }} in ('PR', 'RS', 'SC') then 'South'
        else 'Unknown'
    end
{%- endmacro %}
