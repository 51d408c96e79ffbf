"""The database and the cache: one pool each, opened by the first who asks."""
import os
from functools import lru_cache

import redis
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, Engine


@lru_cache
def engine() -> Engine:
    url = URL.create(
        "postgresql+psycopg2",
        username=os.environ["POSTGRES_USER"],
        password=os.environ["POSTGRES_PASSWORD"],
        host=os.environ["POSTGRES_HOST"],
        port=int(os.environ.get("POSTGRES_PORT", "5432")),
        database=os.environ["POSTGRES_DB"],
    )
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 2})


@lru_cache
def cache() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=2, socket_timeout=2)
