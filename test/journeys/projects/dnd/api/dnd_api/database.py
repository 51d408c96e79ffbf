"""Where the database is: each part has to be there, or this ends with a KeyError."""
import os

import psycopg2

USER, PASSWORD, HOST, PORT, DATABASE = (os.environ[f"POSTGRES_{part}"] for part in ("USER", "PASSWORD", "HOST", "PORT", "DB"))
URL = f"postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}"


def sql(query, *values):
    """The rows, if the query has any; each query is a transaction of its own."""
    with psycopg2.connect(URL) as connection, connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []
