import beside from './program/beside.sh'
import broken from './program/broken.sh'
import checks from './program/checks.sh'
import containers from './program/containers.sh'
import docker from './program/docker.sh'
import files from './program/files.sh'
import gate from './program/gate.sh'
import images from './program/images.sh'
import journal from './program/journal.sh'
import main from './program/main.sh'
import oneOff from './program/one-off.sh'
import readiness from './program/readiness.sh'
import release from './program/release.sh'
import secrets from './program/secrets.sh'
import state from './program/state.sh'
import steps from './program/steps.sh'

/** The fixed parts of every program, in the order in which they stand there. */
export const ROOMS: readonly string[] = [
  state,
  docker,
  secrets,
  journal,
  beside,
  steps,
  broken,
  gate,
  files,
  images,
  oneOff,
  containers,
  readiness,
  checks,
  release,
  main,
]
