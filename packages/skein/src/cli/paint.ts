import { styleText } from 'node:util'

export type Format = Parameters<typeof styleText>[0]

/** Gives text a colour, where that is welcome. */
export type Paint = (format: Format, text: string) => string

/** Colours on a terminal only, and none where NO_COLOR is set. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (format, text) => styleText(format, text, { stream })
}
