/** Headless Chromium, as `script/setup browser` unpacks it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { page } from './page.ts'

const program = join(process.env.DEPLOY_ACTION_PREFIX ?? '/opt/deploy-action-sandbox', 'bin/chromium-headless-shell')

export const hasChromium = existsSync(program)

/** The first screen of a reader; pixels. */
export const SCREEN = { width: 1280, height: 800 } as const

/** Where a text is on the page, in pixels from its corner. */
export interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/**
 * Shows Markdown as GitHub does, and keeps the first screen as a picture.
 * @returns the box of each text where it stands first; null where it is not shown
 */
export const pictured = async (markdown: string, texts: readonly string[], picture: string): Promise<readonly (Box | null)[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'picture-'))
  try {
    await mkdir(dirname(picture), { recursive: true })
    const file = join(folder, 'page.html')
    await writeFile(file, page(markdown, `(${measure})(${JSON.stringify(texts).replaceAll('<', '\\u003c')})`))
    const { stdout } = await promisify(execFile)(program, [
      ...['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND', `--user-data-dir=${join(folder, 'profile')}`],
      ...[`--window-size=${SCREEN.width},${SCREEN.height}`, `--screenshot=${picture}`, '--dump-dom', `file://${file}`],
    ])
    const [, boxes] = /<html data-boxes="([^"]*)"/.exec(stdout) ?? []
    if (boxes === undefined) throw new Error(`the browser measured nothing: ${stdout.slice(0, 500)}`)
    return JSON.parse(decodeURIComponent(boxes)) as readonly (Box | null)[]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs in the page. What is folded has no box. */
const measure = `texts => {
  const boxOf = text => {
    const walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const from = node.data.indexOf(text)
      if (from < 0) continue
      const range = document.createRange()
      range.setStart(node, from)
      range.setEnd(node, from + text.length)
      const { left, right, top, bottom, width, height } = range.getBoundingClientRect()
      if (width > 0 && height > 0) return { left, right, top, bottom }
    }
    return null
  }
  document.documentElement.dataset.boxes = encodeURIComponent(JSON.stringify(texts.map(boxOf)))
}`
