{#- Lower case, without surrounding space and without Portuguese accents: the form in which
    the shop's own tables spell cities, so that both spellings meet. -#}
{% macro plain_text(column) -%}
    translate(
        lower(trim({{ column }})),
        'áàâãäéèêëíìîïóòôõöúùûüçñ',
        'aaaaaeeeeiiiiooooouuuucn'
    )
{%- endmacro %}

{#- Every word with a capital. -#}
{% macro title_case(column) -%}
    {{ return(adapter.dispatch('title_case')(column)) }}
{%- endmacro %}

{% macro default__title_case(column) -%}
    initcap({{ column }}, ' ')
{%- endmacro %}

{% macro duckdb__title_case(column) -%}
    array_to_string(
        list_transform(
            string_split({{ column }}, ' '), lambda word: upper(word[1]) || word[2:]
        ),
        ' '
    )
{%- endmacro %}

{#- Text on one line; null when nothing is left. -#}
{% macro one_line(column) -%}
    nullif(
        trim(
            replace(
                replace(replace({{ column }}, chr(13), ' '), chr(10), ' '), chr(9), ' '
            )
        ),
        ''
    )
{%- endmacro %}
