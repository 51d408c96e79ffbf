const BLOCK = 512

/** A tar archive (ustar) of a few small files, always the same bytes for the same files. */
export const tarArchive = (files: Readonly<Record<string, string | Uint8Array>>): Uint8Array =>
  Buffer.concat([...Object.entries(files).flatMap(([path, content]) => entry(path, Buffer.from(content))), Buffer.alloc(2 * BLOCK)])

const entry = (path: string, content: Buffer): Buffer[] => [
  header(path, content.length),
  content,
  Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
]

const header = (path: string, size: number): Buffer => {
  const block = Buffer.alloc(BLOCK)
  block.write(path, 0, 100)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\u000000', 257)
  const checksum = block.reduce((sum, byte) => sum + byte, 0)
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
