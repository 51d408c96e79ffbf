router = None


@router.get("/health-check/")
def health_check():
    return True
