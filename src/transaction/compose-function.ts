import { quote } from '../commands/quote.ts'
import look from './program/compose-look.sh'

/** How compose is called for a release. */
interface Calling {
  readonly project: string
  /** Deploy directory, without a slash at its end. */
  readonly directory: string
  readonly environmentFile: string
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  readonly pin: 'override' | 'env'
}

const HEAD = `# How compose is called for this release. FILES: folder of the project's files, PINS: folder of the pins.
`

/** The call of compose as a function of the shell: files, profiles and pins, quoted once and kept with the release. */
export const composeFunction = (calling: Calling): string => `${HEAD}compose_over() {
${body(calling, quote(calling.directory))}}
`

/**
 * The same for a release whose compose files have compose read further files that it brings (\`include\`, \`extends\`,
 * \`env_file\`): a look takes them as they come, since it comes before they are placed.
 */
export const composeFunctionWithParts = (calling: Calling): string => `${HEAD}compose_over() {
  over_directory=${quote(calling.directory)}
  if [ -n "$3" ] || [ "$1" = "\${stage:-}/project" ]; then look_over "$@"; else compose_at "$@"; fi
}
compose_at() {
${body(calling, '"$over_directory"')}}
${look}`

const body = ({ project, directory, environmentFile, files, profiles, pin }: Calling, projectDirectory: string): string => {
  const environment = quote(`${directory}/${environmentFile}`)
  return `  over_files=$1 over_pins=$2 over_probe=$3
  shift 3
  over_env=
  if [ -e ${environment} ]; then over_env=${environment}; fi
  compose --project-name ${quote(project)} --project-directory ${projectDirectory} \\
    \${over_env:+--env-file} \${over_env:+"$over_env"}${pin === 'env' ? ' --env-file "$over_pins/pin.env"' : ''} \\
    ${files.map((file) => `--file "$over_files"/${quote(file)}`).join(' ')}${pin === 'override' ? ' --file "$over_pins/pin.yml"' : ''} \\
    \${over_probe:+--file} \${over_probe:+"$over_probe"}${profiles.map((profile) => ` --profile ${quote(profile)}`).join('')} "$@"
`
}
