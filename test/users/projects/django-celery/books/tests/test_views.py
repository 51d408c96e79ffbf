def test_about():
    assert True
