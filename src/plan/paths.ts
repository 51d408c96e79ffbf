/** A path inside the project: "./a/../b" is "b", the top is "". Null where it leaves the project. */
export const normal = (path: string): string | null => {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return null
  }
  return parts.join('/')
}

/** Whether it is that folder or lies in it; both as `normal` yields them. */
export const isWithin = (folder: string, path: string): boolean => folder === '' || path === folder || path.startsWith(`${folder}/`)
