// Preloaded: writes the most memory this process ever had, in KiB, to the file that PEAK_MEMORY_FILE names.
const { writeFileSync } = require('node:fs')
const file = process.env.PEAK_MEMORY_FILE
process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)))
