import { DeployError } from '../errors.ts'
import type { EarlyCommand } from './context.ts'

/** Refused, with the reason and the way that people have. */
export const run: EarlyCommand = async () => {
  throw new DeployError(
    'CONFIG',
    'exec is refused: what a person types into a running container is in no release, is undone by no rollback and is seen by nobody else',
    {
      hint: 'by hand: once per release: migrate, seed or hooks in the config\nby hand: once by a person: ssh to the server, then docker compose exec SERVICE COMMAND in the deploy directory',
      refused: true,
    },
  )
}
