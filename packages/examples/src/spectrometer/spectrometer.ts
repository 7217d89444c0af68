const PIXELS = 9
const MOST_COUNTS = 4095

/** Looks at a sodium lamp, whose light is at 589 nm, and counts what comes in on nine pixels, 1 nm apart. */
export class Spectrometer {
  #centre = 500
  #exposure = 10

  get settings() {
    return { centre: this.#centre, exposure: this.#exposure }
  }

  /** @throws RangeError */
  move(centre: unknown): void {
    this.#centre = checked('the centre', centre, { from: 400, to: 700, unit: 'nm' })
  }

  /** @throws RangeError */
  expose(exposure: unknown): void {
    this.#exposure = checked('the exposure', exposure, { from: 1, to: 100, unit: 'ms' })
  }

  measure() {
    const counts = Float64Array.from({ length: PIXELS }, (_, pixel) =>
      Math.min(MOST_COUNTS, Math.round((200 * this.#exposure) / (1 + (this.#wavelength(pixel) - 589) ** 2))),
    )
    const most = Math.max(...counts)
    const peak = { nm: this.#wavelength(counts.indexOf(most)), counts: most }
    return { counts, peak, isSaturated: most === MOST_COUNTS }
  }

  #wavelength(pixel: number): number {
    return this.#centre + pixel - (PIXELS - 1) / 2
  }
}

interface Limits {
  readonly from: number
  readonly to: number
  readonly unit: string
}

function checked(what: string, given: unknown, { from, to, unit }: Limits): number {
  if (typeof given === 'number' && given >= from && given <= to) return given
  throw new RangeError(`${what} can't be ${given}; allowed: ${from} to ${to} ${unit}`)
}
