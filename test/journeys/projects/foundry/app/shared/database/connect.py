import os
from urllib.parse import quote

import psycopg2

ENV = os.environ


def url():
    user, password = quote(ENV["APP_DB_USER"]), quote(ENV["APP_DB_PASSWORD"])
    return f"postgresql://{user}:{password}@{ENV['POSTGRES_HOST']}:{ENV['POSTGRES_PORT']}/{ENV['POSTGRES_DB']}"


def query(sql, *values):
    with psycopg2.connect(url()) as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
