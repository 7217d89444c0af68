import type { Chart } from './chart.js'

const HEIGHT = 400

/** Of a chart of one panel; more share this and half as much again. */
const WIDTH = 640

const TOP = 76

/** Below a panel: the names of the categories, and the title of the axis. */
const BOTTOM = 56

/** Beside the first panel, for the numbers and the title of their axis. */
const LEFT = 84

const GAP = 20

/** In between, so that it is read on white and on black: a page shows an image in either mode. */
const GREY = '#6e7781'
const FAINT = '#6e778155'

/** Those too. */
const COLOURS = ['#d1570b', '#3d85c6', '#2f9e62', '#a86bd1', '#b58900', '#d6518c', '#2ba3a8', '#7f7f7f']

/** Colours alone are not enough for everybody. */
const SYMBOLS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'emptyCircle',
  'emptyRect',
  'emptyTriangle',
  'emptyDiamond',
]

const text = { color: GREY, fontFamily: 'sans-serif', fontSize: 12 }

/** What draws, which is optional. @throws Error if it is not installed */
export function drawer(): Promise<typeof import('echarts')> {
  return import('echarts')
}

/** A chart as an SVG file. @throws as `drawer` */
export async function svgOf(title: string, chart: Chart): Promise<string> {
  const { init } = await drawer()
  const width = chart.panels.length > 1 ? WIDTH * 1.5 : WIDTH
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width, height: HEIGHT })
  drawing.setOption(optionOf(title, chart, width))
  const svg = drawing.renderToSVGString()
  drawing.dispose()
  return `${svg}\n`
}

function optionOf(title: string, { kind, x, y, panels }: Chart, width: number) {
  const each = (width - LEFT - GAP * panels.length) / panels.length
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))]
  const values = panels.flatMap(({ series }) => series.flatMap(({ values }) => values))
  const numbers = values.flatMap((value) => (value !== undefined && value > 0 ? value : []))
  const leftOf = (i: number): number => LEFT + i * (each + GAP)
  return {
    animation: false,
    color: COLOURS,
    textStyle: text,
    title: [
      { text: title, left: 'center', top: 4, textStyle: { ...text, fontSize: 14, fontWeight: 'bold' } },
      ...panels.map((panel, i) => ({
        text: panel.title,
        left: leftOf(i) + each / 2,
        top: TOP - 22,
        textAlign: 'center' as const,
        textStyle: { ...text, fontWeight: 'bold' as const },
      })),
    ],
    legend: names.length < 2 ? [] : [{ data: names, top: 26, textStyle: text, itemWidth: 18, itemGap: 24 }],
    grid: panels.map((_, i) => ({ left: leftOf(i), width: each, top: TOP, bottom: BOTTOM })),
    xAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'category' as const,
      data: [...x.categories],
      name: x.title,
      nameLocation: 'middle' as const,
      nameGap: 30,
      nameTextStyle: text,
      axisLabel: text,
      axisLine: { lineStyle: { color: GREY } },
      axisTick: { show: false },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: y.log ? ('log' as const) : ('value' as const),
      // All panels have the same, so that they can be compared.
      ...boundsOf(numbers, y.log),
      name: gridIndex === 0 ? y.title : '',
      nameLocation: 'middle' as const,
      nameGap: 62,
      nameTextStyle: text,
      axisLabel: {
        ...text,
        show: gridIndex === 0,
        formatter: (value: number) => value.toLocaleString('en').replaceAll(',', ' '),
      },
      splitLine: { lineStyle: { color: FAINT } },
    })),
    series: panels.flatMap(({ series }, gridIndex) =>
      series.map(({ name, values }) => {
        const i = names.indexOf(name)
        return {
          name,
          type: kind,
          xAxisIndex: gridIndex,
          yAxisIndex: gridIndex,
          data: values.map((value) => value ?? null),
          itemStyle: { color: COLOURS[i % COLOURS.length] },
          symbol: SYMBOLS[i % SYMBOLS.length],
          symbolSize: 8,
          lineStyle: { width: 2 },
          barMaxWidth: 48,
        }
      }),
    ),
  }
}

/** Of a logarithmic axis the powers of ten around; of another zero, and whatever suits the largest. */
function boundsOf(numbers: readonly number[], isLog: boolean): { min?: number; max?: number } {
  if (!isLog) return { min: 0 }
  const power = (value: number, round: (exponent: number) => number) => 10 ** round(Math.log10(value))
  return { min: power(Math.min(...numbers), Math.floor), max: power(Math.max(...numbers), Math.ceil) }
}
