import { type Measurement, ratios, type Spread, spread, verdict } from './measurement.ts'

const HEAD = ['figure', 'what', 'ours (median)', 'beside it', 'ratio min / median / max', 'limit', 'verdict']

/** The measurements as a table of plain text. */
export const table = (measurements: readonly Measurement[]): string => {
  const rows = [HEAD, ...measurements.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const cells = (measurement: Measurement): string[] => {
  const { figure, what, unit, ours, theirs, limit } = measurement
  const beside = theirs === undefined ? '' : amount(spread(theirs).median, unit)
  const limitShown = limit === undefined ? '' : theirs === undefined ? amount(limit, unit) : limit.toFixed(2)
  return [
    figure,
    what,
    amount(spread(ours).median, unit),
    beside,
    theirs === undefined ? '' : range(spread(ratios(measurement))),
    limitShown,
    verdict(measurement),
  ]
}

const range = ({ min, median, max }: Spread): string => [min, median, max].map((value) => value.toFixed(2)).join(' / ')

const amount = (value: number, unit: Measurement['unit']): string =>
  `${unit === 'ms' || unit === 'MiB' ? value.toFixed(value < 100 ? 1 : 0) : Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')} ${unit}`
