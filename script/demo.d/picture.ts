/** The screen as an SVG: text as text, no fonts or services from elsewhere. */
export const picture = (lines: readonly string[]): string => {
  const height = MARGIN * 2 + lines.length * LINE
  const rows = lines.map((line, index) => `<text x="${MARGIN}" y="${MARGIN + (index + 1) * LINE - 5}"${style(line)}>${marked(line)}</text>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="What script/demo prints">`,
    '<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d0d7de;white-space:pre}.h{fill:#fff;font-weight:600}.y{fill:#3fb950}.n{fill:#f85149}</style>',
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

const WIDTH = 840
const MARGIN = 16
const LINE = 19

const style = (line: string): string => (/^\d /.test(line) ? ' class="h"' : '')

const marked = (line: string): string =>
  line
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace('✓', '<tspan class="y">✓</tspan>')
    .replace('✗', '<tspan class="n">✗</tspan>')
