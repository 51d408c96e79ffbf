from app.bot import main
from app.shared.startup.migrations import upgrade

upgrade()
main.run()
