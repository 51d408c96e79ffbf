import unittest

from dnd_bot import reply


class Reply(unittest.TestCase):
    def test_a_monster_that_is_known(self):
        self.assertEqual(reply("a goblin!", [{"name": "goblin", "level": 1}]), "goblin: level 1")

    def test_one_that_is_not(self):
        self.assertEqual(reply("a dragon!", []), "never heard of it")
