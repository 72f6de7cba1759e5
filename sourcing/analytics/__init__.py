"""The engine that computes features, scores and links: DuckDB in this process, or Apache Spark on a cluster.

Expressions and models are written once. What is here makes Spark answer them as DuckDB does.
"""
