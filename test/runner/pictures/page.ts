import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { marked } from 'marked'

const STYLE = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown-light.css'), 'utf8')

/** What GitHub's run page leaves for a summary in a window of 1280 pixels, beside its list of jobs; pixels. */
export const COLUMN = { left: 344, width: 848 } as const

/**
 * Markdown as GitHub shows it, in its style and its column. What GitHub's sanitizer takes out and its drawing of Mermaid
 * are not imitated.
 * @param script runs once everything is laid out
 */
export const page = (markdown: string, script: string): string => `<!doctype html>
<meta charset="utf-8">
<style>
${STYLE}
body { margin: 0; background: #fff }
article { position: absolute; left: ${COLUMN.left}px; width: ${COLUMN.width}px; padding-top: 24px }
</style>
<article class="markdown-body" style="font-size: 14px">
${marked.parse(markdown, { gfm: true, async: false })}
</article>
<script>${script}</script>
`
