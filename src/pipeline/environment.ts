/** The environment of a child: that of the run without what is undefined, with additions. */
export const childEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  additions: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  ...additions,
})
