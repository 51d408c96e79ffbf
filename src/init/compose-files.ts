import { readComposeFile } from './compose-file.ts'
import { baseOf, folderOf, type SourceTree } from './tree.ts'

/** What is used in production, by the names that people give such files; the most telling first. */
const PRODUCTION = /^(docker-)?compose[.-](prod|production)\.ya?ml$/
const PLAIN = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const NEAR = ['', 'deploy', 'docker', 'deployment', '.docker', 'infra']

/** Which compose files say how the project runs; empty where there are none. */
export const composeFiles = (tree: SourceTree): readonly string[] => {
  for (const folder of NEAR) {
    const inFolder = tree.files.filter((file) => folderOf(file) === folder)
    const plain = PLAIN.map((name) => (folder === '' ? name : `${folder}/${name}`)).find((file) => inFolder.includes(file))
    const production = inFolder.find((file) => PRODUCTION.test(baseOf(file)))
    if (production === undefined) {
      if (plain !== undefined) return [plain]
      continue
    }
    const whole = readComposeFile(tree, production).services.every(({ image, build }) => image !== null || build !== null)
    return whole || plain === undefined ? [production] : [plain, production]
  }
  // another name than the usual ones, where there is only one of them
  const others = tree.files.filter(
    (file) => folderOf(file) === '' && /^(docker-)?compose[.-][\w.-]+\.ya?ml$/.test(file) && !/test|dev|local|override|e2e/.test(file),
  )
  return others.length === 1 ? others : []
}
