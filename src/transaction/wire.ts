import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tar } from '../commands/archive.ts'

/** Long enough to cost few reads, short enough for every shell. */
const LINE = 4096

/** A body as the server's `receive_file` takes it: base64 lines and the line "." */
const body = (bytes: Uint8Array): string => {
  const text = Buffer.from(bytes).toString('base64')
  const lines: string[] = []
  for (let start = 0; start < text.length; start += LINE) lines.push(text.slice(start, start + LINE))
  return `${lines.join('\n')}\n.\n`
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The request: its sum, then files as an archive. A cut or changed one is not used by the server. */
export const requestText = (files: Readonly<Record<string, string | Uint8Array>>): string => {
  const archive = gzipSync(tar(files))
  return `${sha256(archive)}\n${body(archive)}`
}

/**
 * "go": the program with its sum, and the secrets as one line that the server never writes down. Compressed, it fits
 * into what TCP sends without waiting; the server's shell also reads it a byte at a time.
 */
export const goText = (program: string, credentials: string): string => {
  const bytes = gzipSync(program)
  return `go ${sha256(bytes)}\n${body(bytes)}${credentials}\n`
}
