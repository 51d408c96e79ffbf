from app.shared.startup.migrations import upgrade
from app.web import main

upgrade()
main.serve()
