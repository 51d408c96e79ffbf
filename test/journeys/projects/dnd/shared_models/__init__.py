"""What a monster is, for the API and its tests alike."""


def monster(given):
    """The name and level of a monster. Raises ValueError for anything else."""
    name, level = given.get("name"), given.get("level")
    if not isinstance(name, str) or not isinstance(level, int):
        raise ValueError(f"no monster: {given!r}")
    return name, level
