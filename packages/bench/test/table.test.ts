import { expect, test } from '@jest/globals'
import { bytes, number, ratioText, spreadOf } from '../src/report/numbers.js'
import { numbers, ratioTableOf, tableOf, words } from '../src/report/table.js'
import type { Row } from '../src/row.js'

test('numbers have three digits, and groups', () => {
  expect([161_432, 0.012345, 6.5, 5, undefined, Number.NaN, 'x'].map(number)).toEqual([
    '161 000',
    '0.0123',
    '6.50',
    '5',
    '',
    '',
    '',
  ])
  expect([1.1, 25.94, 0.0826, undefined].map(ratioText)).toEqual(['1.10', '25.9', '0.0826', ''])
})

test('bytes have the unit that suits them', () => {
  expect([0, 1024, 65_536, 64 * 1024 ** 2, 1536].map(bytes)).toEqual([
    '0 B',
    '1 KiB',
    '64 KiB',
    '64 MiB',
    '1.50 KiB',
  ])
})

test('the spread of a row is of its median', () => {
  expect(spreadOf({ perSecond: 200, low: 190, high: 210 }, 'perSecond')).toBe('10 %')
  expect(spreadOf({ perSecond: 200 }, 'perSecond')).toBe('')
})

test('a table has a line for each row, and is Markdown', () => {
  const rows: Row[] = [{ system: 'raw', perSecond: 12_345 }, { system: 'grpc-js' }]
  expect(tableOf([words('system'), numbers('calls/s', 'perSecond')], rows)).toBe(
    [
      '| system  | calls/s |', //
      '| :------ | ------: |',
      '| raw     |  12 300 |',
      '| grpc-js |         |',
    ].join('\n'),
  )
})

test('ratios have a line for what is compared, and a column for what it is compared with', () => {
  expect(ratioTableOf({ 'tcp w1 over raw': 0.5, 'tcp w8 over raw': 2, 'tcp w8 over nats': 3.1449 })).toBe(
    [
      '| over   |   raw | nats |',
      '| :----- | ----: | ---: |',
      '| tcp w1 | 0.500 |      |',
      '| tcp w8 |  2.00 | 3.14 |',
    ].join('\n'),
  )
})
