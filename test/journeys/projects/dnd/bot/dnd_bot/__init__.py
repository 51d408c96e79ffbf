"""A bot without HTTP: it polls, and asks the API for everything."""


def reply(text, monsters):
    """What is said to a message: the level of the monster it names."""
    return next((f"{one['name']}: level {one['level']}" for one in monsters if one["name"] in text), "never heard of it")
