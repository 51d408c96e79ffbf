const BLOCK = 512

/**
 * Files as a tar archive (POSIX ustar), in the order given, without times, so that the same files give the same bytes.
 * @throws RangeError for a path that ustar cannot hold
 */
export const tar = (files: Readonly<Record<string, string | Uint8Array>>): Buffer => {
  const blocks: Buffer[] = []
  for (const [path, content] of Object.entries(files)) {
    const body = Buffer.from(content as Uint8Array)
    blocks.push(header(path, body.length), body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK))
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

const header = (path: string, size: number): Buffer => {
  const block = Buffer.alloc(BLOCK)
  const [prefix, name] = split(path)
  block.write(name, 0)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  // the sum is reckoned with blanks in its place; then the type, an ordinary file
  block.write('        0', 148)
  block.write('ustar\u000000', 257)
  block.write(prefix, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** ustar holds 100 bytes of name after 155 of folders. */
const split = (path: string): readonly [string, string] => {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name]
  }
  throw new RangeError(`the path is too long for an archive: ${path}`)
}
