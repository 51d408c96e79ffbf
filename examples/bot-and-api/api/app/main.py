"""The API: who the users are, how it is, which version it is, and whether the bot is there."""
import os

from fastapi import FastAPI, Response
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.database import cache, engine
from app.models import users

VERSION = os.environ.get("APP_VERSION", "dev")
GREETING = "Welcome to the shop"

app = FastAPI(title="bot-and-api", version=VERSION)


@app.get("/")
def root():
    return {"greeting": GREETING}


@app.get("/version")
def version():
    return {"version": VERSION}


@app.get("/health")
def health(response: Response):
    try:
        with engine().connect() as connection:
            schema = connection.execute(text("select version_num from alembic_version")).scalar_one()
            count = connection.execute(select(func.count()).select_from(users)).scalar_one()
        cache().ping()
    except (SQLAlchemyError, RedisError) as error:
        response.status_code = 503
        return {"status": "down", "version": VERSION, "reason": type(error).__name__}
    return {"status": "ok", "version": VERSION, "schema": schema, "users": count}


@app.get("/users")
def list_users():
    with engine().connect() as connection:
        rows = connection.execute(select(users.c.name, users.c.email).order_by(users.c.name))
        return [{"name": name, "email": email} for name, email in rows]


@app.get("/bot")
def bot():
    """How many sessions the gateway holds: one, when all is well."""
    ((_, online),) = cache().pubsub_numsub("gateway")
    return {"online": online}
