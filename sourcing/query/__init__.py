"""The query language: text to the store's search tree, errors with a column and a suggestion.

words "phrases" "near each other"~3 begin* AND OR NOT ( ) - field:value field:"two words" score:>=70 seen:2026-11-01..
"""

from sourcing.query.parse import parse as parse
