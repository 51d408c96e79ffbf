/** The bench's stack on its server: made, looked after between the turns, and removed. */
import { join } from 'node:path'
import { environmentFile } from '../sandbox/sample/versions.ts'
import { type CommandResult, command, environmentFor, type Product } from './product.ts'
import { API_PORT, edit, FOLDER, PROJECT, type Sample, type Version } from './sample.ts'
import { onServer, type Server } from './server.ts'

export interface Stack extends AsyncDisposable {
  deploy(version: Version): Promise<CommandResult>
  /** Version 2 with both services switched at once, as `docker compose up` does it: the sample's bot waits for the API. */
  deployAtOnce(): Promise<CommandResult>
  rollback(): Promise<CommandResult>
  /** Takes the newest revision back, so that the next deploy of version 2 has one to bring. Version 2 must run. */
  downgrade(): Promise<void>
  /** The images of version 2 leave the server: the next deploy has to pull them, as the first one of a version does. */
  forgetNewImages(): Promise<void>
}

/** Version 1 runs once this is there. */
export const benchStack = async (product: Product, sample: Sample, server: Server): Promise<Stack> => {
  const env = await environmentFor(server)
  const invocation = { project: sample.folder, env }
  await removeStack(server, PROJECT, FOLDER)
  await writeEnvironment(server, FOLDER, API_PORT)
  const deploy = async (version: Version): Promise<CommandResult> => {
    await sample.checkout(version)
    return command(product, ['deploy', ...sample.images[version]], invocation)
  }
  await deploy(1)
  return {
    deploy,
    deployAtOnce: async () => {
      await sample.checkout(2)
      await edit(join(sample.folder, 'deploy.yml'), [['exactly: 1,', 'exactly: 1, after: [],']])
      await sample.git('commit', '--quiet', '--all', '--message', 'The bot waits for nobody')
      return command(product, ['deploy', ...sample.images[2]], invocation)
    },
    rollback: () => command(product, ['rollback'], invocation),
    downgrade: async () => void (await onServer(server, `docker exec ${PROJECT}-api-1 alembic downgrade 0002 2>&1`)),
    forgetNewImages: () => forgetImages(server, sample.images[2]),
    [Symbol.asyncDispose]: () => removeStack(server, PROJECT, FOLDER),
  }
}

export const writeEnvironment = async (server: Server, folder: string, port: number): Promise<void> => {
  const text = environmentFile({ API_PORT: String(port) })
  await onServer(server, `umask 077; mkdir -p ${folder}; cat > ${folder}/.env <<'END'\n${text}END`)
}

/** Every name under which the engine knows them, so that nothing of their own is there any more. */
export const forgetImages = async (server: Server, options: readonly string[]): Promise<void> => {
  const digests = options.filter((word) => word.includes('@')).map((word) => word.slice(word.indexOf('@') + 1))
  await onServer(
    server,
    `docker images --digests --format '{{.Repository}} {{.Tag}} {{.Digest}}' | while read -r repository tag digest; do
      case ' ${digests.join(' ')} ' in *" $digest "*) docker image rm --force "$repository@$digest" > /dev/null; [ "$tag" = '<none>' ] || docker image rm --force "$repository:$tag" > /dev/null 2>&1 || true ;; esac
    done`,
  )
}

export const removeStack = async (server: Server, project: string, folder: string): Promise<void> => {
  const label = `--filter label=com.docker.compose.project=${project}`
  await onServer(
    server,
    `docker ps --all --quiet ${label} | xargs -r docker rm --force --volumes > /dev/null
docker volume ls --quiet ${label} | xargs -r docker volume rm > /dev/null
docker network ls --quiet ${label} | xargs -r docker network rm > /dev/null
rm -rf ${folder}`,
  )
}
