import { type LogLevel, levelOfName, nameOfLevel } from './levels.js'

/** What was logged, as it travels. */
export interface LogRecord {
  /** Who logged it. */
  readonly root: string
  readonly level: LogLevel
  /** What it is about: undefined where nothing was said. */
  readonly topic: string | undefined
  readonly time: Date
  readonly message: string
  /** Where it was logged, where that is known; never told of `info`. */
  readonly file: string | undefined
  readonly line: number | undefined
}

const DELIMITER = '->'

/** A record's text may begin with its topic: `motor->it is hot`. */
export function splitText(text: string): { topic: string | undefined; message: string } {
  const [, topic, message = text] = /^(\S+?)->(.*)$/s.exec(text) ?? []
  return { topic, message }
}

/** The two frames of a record: `root->LEVEL->topic`, and time, place and message as text. */
export function frameRecord(record: LogRecord): [topic: Buffer, body: Buffer] {
  const { root, level, topic, time, message, file, line } = record
  const parts = [root, nameOfLevel(level), ...(topic === undefined ? [] : [topic])]
  const place = level === 'info' || file === undefined ? '' : `${file}:${line ?? 0} `
  const body = `${time.toISOString()} ${place}- ${message}`
  return [Buffer.from(parts.join(DELIMITER)), Buffer.from(body)]
}

/** The record in two frames; undefined if they are none. A body of another make is a message without a time of its own. */
export function readRecord(topic: string, body: string): LogRecord | undefined {
  const [, root, name = '', about] = /^(.*?)->([A-Z]+)(?:->(.*))?$/s.exec(topic) ?? []
  const level = levelOfName(name)
  if (root === undefined || level === undefined) return undefined
  const [, time = '', file, line, message] =
    /^(\S+) -()() (.*)$/s.exec(body) ?? /^(\S+) (.+?):(\d+) - (.*)$/s.exec(body) ?? []
  const at = new Date(time)
  const isOurs = message !== undefined && !Number.isNaN(at.getTime())
  const head = { root, level, topic: about }
  if (!isOurs) return { ...head, time: new Date(), message: body, file: undefined, line: undefined }
  return { ...head, time: at, message, file: file || undefined, line: line ? Number(line) : undefined }
}
