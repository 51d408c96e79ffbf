import type { OwnImage } from './images.ts'

/** Build arguments in the config's own notation, and the variables without a default that they take. */
export interface BuildArguments {
  readonly args: Readonly<Record<string, string>>
  readonly variables: readonly string[]
  /** Those that are not among them, because the config has no notation for what compose does there. */
  readonly left: readonly string[]
}

const REFERENCE = /\$\$|\$\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|\$([A-Za-z_]\w*)/g

/** Compose takes them from its environment; a build on a runner takes them from that of the job. */
export const buildArguments = ({ args }: Pick<OwnImage, 'args'>): BuildArguments => {
  const variables = new Set<string>()
  const reference = (name: string, fallback: string | undefined): string => {
    if (fallback !== undefined) return `\${${name}:-${fallback}}`
    variables.add(name)
    return `\${${name}}`
  }
  const translated = (text: string): string =>
    text.replace(REFERENCE, (whole, braced?: string, operator?: string, rest?: string, plain?: string) =>
      whole === '$$' ? '$$' : reference(braced ?? plain ?? '', operator?.endsWith('-') === true ? rest : undefined),
    )
  const left = Object.keys(args).filter((name) => !hasNotation(args[name] ?? ''))
  const written = Object.fromEntries(
    Object.entries(args)
      .filter(([name]) => !left.includes(name))
      .map(([name, value]) => [name, value === null ? reference(name, undefined) : translated(value)]),
  )
  return { args: written, variables: [...variables].toSorted(), left }
}

/** Not `${NAME:+other}`, nor a default that holds a variable. */
const hasNotation = (text: string): boolean =>
  !text
    .replace(REFERENCE, (_, _name, operator?: string, rest?: string) =>
      operator?.endsWith('+') === true || rest?.includes('$') === true ? '${' : '',
    )
    .includes('${')
