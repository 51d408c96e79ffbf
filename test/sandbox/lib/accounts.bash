# shellcheck shell=bash disable=SC2034
# Who may log in where. Throw-away names for a throw-away registry.
TOKEN_WRITE_USER=ci TOKEN_WRITE_PASSWORD=ghp_write
TOKEN_READ_USER=reader TOKEN_READ_PASSWORD=ghp_read
TOKEN_EXPIRED_USER=gone TOKEN_EXPIRED_PASSWORD=ghp_expired
