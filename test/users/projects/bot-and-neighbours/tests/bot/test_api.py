import unittest


class TestApi(unittest.TestCase):
    def test_nothing(self):
        self.assertTrue(True)
