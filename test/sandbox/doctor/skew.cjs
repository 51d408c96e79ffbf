// The clock of the machine that runs us, as far off as SKEW_MS says; loaded before everything else.
const real = Date
const shift = Number(process.env.SKEW_MS)
globalThis.Date = class extends real {
  constructor(...args) {
    if (args.length === 0) super(real.now() + shift)
    else super(...args)
  }
  static now() {
    return real.now() + shift
  }
}
