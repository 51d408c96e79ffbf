"""The API: what is alive, which monsters there are, and a bundle of them that an administrator hands over."""
import json
import os
import threading

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, UploadFile

from dnd_api.database import sql
from shared_models import monster

app = FastAPI()
jobs = {}


def administrator(authorization: str = Header("")):
    if os.environ.get("ADMIN_ENABLED") != "true" or authorization != f"Bearer {os.environ['ADMIN_TOKEN']}":
        raise HTTPException(401, "not an administrator")


@app.get("/health")
def health():
    if "sick" in os.environ["APP_VERSION"]:
        raise HTTPException(503, "sick")
    return {"status": "ok"}


@app.get("/version")
def version():
    return os.environ["APP_VERSION"]


@app.get("/monsters/list/raw")
def monsters():
    return [{"name": name, "level": level} for name, level in sql("SELECT name, level FROM monsters ORDER BY name")]


def ingest(job, content):
    try:
        for name, level in [monster(one) for one in json.loads(content)["monsters"]]:
            sql("INSERT INTO monsters VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET level = excluded.level", name, level)
        jobs[job]["status"] = "succeeded"
    except Exception as error:
        jobs[job].update(status="failed", error=str(error))


@app.post("/admin-api/ingest/bundle", status_code=202, dependencies=[Depends(administrator)])
async def take(file: UploadFile):
    job = f"job-{len(jobs) + 1}"
    jobs[job] = {"id": job, "status": "running", "file": file.filename}
    # begun a moment later, so that whoever asks at once has to ask again
    threading.Timer(0.3, ingest, [job, await file.read()]).start()
    return jobs[job]


@app.get("/admin-api/ingest/jobs/{job}", dependencies=[Depends(administrator)])
def state(job: str):
    return jobs[job]


uvicorn.run(app, host="0.0.0.0", port=8000)
