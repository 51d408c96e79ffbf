import unittest

from dnd_api.database import sql


class Monsters(unittest.TestCase):
    def test_that_are_there_after_the_migrations(self):
        sql("INSERT INTO monsters VALUES ('goblin', 1)")
        self.assertEqual(sql("SELECT level FROM monsters"), [(1,)])
