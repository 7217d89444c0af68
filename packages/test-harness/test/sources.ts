import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const packagesFolder = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  readonly specifier: string
  /** True where the compiler leaves nothing of it. */
  readonly typeOnly: boolean
}

export interface Source {
  /** The package's folder, such as `core`. */
  readonly package: string
  /** From the packages' folder, with `/` on every system: `core/src/wire/codec.ts`. */
  readonly path: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

/** Every source file of every package; tests are not among them. */
export function readSources(): Source[] {
  return readdirSync(packagesFolder).flatMap((name) =>
    readdirSync(join(packagesFolder, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readSource(name, `${name}/src/${file.split(sep).join('/')}`)),
  )
}

function readSource(name: string, path: string): Source {
  const text = readFileSync(join(packagesFolder, path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return { package: name, path, tree, imports: [...importsOf(tree)] }
}

/** The path of the source that a relative import names, or undefined where it names a package. */
export function target(source: Source, { specifier }: Import): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts')
}

export function* nodesOf(node: ts.Node): Iterable<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) yield* nodesOf(child)
}

function* importsOf(tree: ts.SourceFile): Iterable<Import> {
  for (const node of nodesOf(tree)) {
    if (ts.isImportDeclaration(node))
      yield { specifier: textOf(node.moduleSpecifier), typeOnly: node.importClause?.isTypeOnly ?? false }
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      yield { specifier: textOf(node.moduleSpecifier), typeOnly: node.isTypeOnly }
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      yield { specifier: textOf(node.argument.literal), typeOnly: true }
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      yield { specifier: textOf(node.arguments[0]), typeOnly: false }
  }
}

/** What a module is named by; a name that is only known at run time is none of ours. */
function textOf(name: ts.Node | undefined): string {
  return name && ts.isStringLiteralLike(name) ? name.text : ''
}
