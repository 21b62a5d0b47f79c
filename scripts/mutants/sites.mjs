// Where a file can be damaged, and how: each site is one small change that a test should notice.
// And the text of a file with all its drawn changes in place, switched off until a test runs with
// one of them on.
import ts from "typescript";

const K = ts.SyntaxKind;
const OTHER = {
  arithmetic: {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "*",
    "+=": "-=",
    "-=": "+=",
    "*=": "/=",
    "<<": ">>",
    ">>": "<<",
    ">>>": "<<",
    "&": "|",
    "|": "&",
    "|=": "&=",
    "&=": "|=",
  },
  boundary: { "<": "<=", "<=": "<", ">": ">=", ">=": ">" },
  negate: { "===": "!==", "!==": "===", "&&": "||", "||": "&&", "??": "&&" },
};
const TWIN = {
  min: "max",
  max: "min",
  some: "every",
  every: "some",
  floor: "ceil",
  ceil: "floor",
  push: "unshift",
  startsWith: "endsWith",
};
const LEFT_OUT = new Set(["sort", "toSorted", "reverse", "toReversed", "filter", "trim", "slice"]);

/** How often each kind of change is drawn, of 108. */
export const WEIGHTS = {
  arithmetic: 16,
  boundary: 16,
  negate: 18,
  constant: 12,
  remove: 16,
  swap: 8,
  early: 7,
  call: 8,
  string: 7,
};

/**
 * All sites of a source file. `span` is replaced by `put` in the source; `wrap` says how the change
 * is switched: "expression" (`(on ? put : as it was)`), "statement" (done unless on), "entry"
 * (`put` done first if on).
 */
export function sitesOf(source, checker, file) {
  const sites = [];
  const text = source.text;
  const say = (node) => node.getText(source);
  const add = (kind, wrap, node, put) => {
    const start = wrap === "entry" ? node.getStart(source) + 1 : node.getStart(source);
    const end = wrap === "entry" ? start : node.end;
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    sites.push({ kind, wrap, file, line, start, end, put, was: text.slice(start, end) });
  };
  const isNumber = (node) =>
    (checker.getTypeAtLocation(node).flags & (ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike)) !== 0;

  const binary = (node) => {
    const sign = say(node.operatorToken);
    for (const [kind, others] of Object.entries(OTHER)) {
      const other = others[sign];
      if (other === undefined) continue;
      if (kind === "arithmetic" && !(isNumber(node.left) && isNumber(node.right))) continue;
      const left = sign.endsWith("=") && kind === "arithmetic" ? say(node.left) : `(${say(node.left)})`;
      add(kind, "expression", node, `${left} ${other} (${say(node.right)})`);
    }
  };
  const step = (node) => {
    const other = { [K.PlusPlusToken]: "--", [K.MinusMinusToken]: "++" }[node.operator];
    if (other === undefined || (ts.isForStatement(node.parent) && node.parent.incrementor === node)) return;
    const operand = say(node.operand);
    add(
      "arithmetic",
      "expression",
      node,
      ts.isPrefixUnaryExpression(node) ? `${other}${operand}` : `${operand}${other}`,
    );
  };
  const literal = (node) => {
    const isName = node.parent.name === node || ts.isElementAccessExpression(node.parent);
    const isImport = ts.isCallExpression(node.parent) && node.parent.expression.kind === K.ImportKeyword;
    if (node.text === "" || isName || isImport) return;
    const context = checker.getContextualType(node);
    const others = context?.isUnion() ? context.types.filter((t) => t.isStringLiteral() && t.value !== node.text) : [];
    if (others.length > 0) add("string", "expression", node, JSON.stringify(others[0].value));
    else if (!context || context.flags & ts.TypeFlags.String)
      add("string", "expression", node, JSON.stringify(`${node.text}~`));
  };
  const entry = (node) => {
    if (!node.body || !ts.isBlock(node.body) || node.body.statements.length < 2) return;
    const signature = checker.getSignatureFromDeclaration(node);
    const type = signature && checker.getReturnTypeOfSignature(signature);
    if (!type) return;
    const given =
      type.flags & ts.TypeFlags.Void
        ? [""]
        : type.flags & ts.TypeFlags.BooleanLike
          ? [" true", " false"]
          : type.flags & ts.TypeFlags.NumberLike
            ? [" 0"]
            : type.flags & ts.TypeFlags.StringLike
              ? [' ""']
              : checker.isArrayType(type)
                ? [" []"]
                : type.isUnion() && type.types.some((t) => t.flags & ts.TypeFlags.Undefined)
                  ? [" undefined"]
                  : [];
    for (const value of given) add("early", "entry", node.body, `return${value};`);
  };
  const statement = (node) => {
    const inIf = (n) => ts.isIfStatement(n.parent.kind === K.Block ? n.parent.parent : n.parent);
    const superCall = ts.isExpressionStatement(node) && say(node).startsWith("super(");
    if (ts.isExpressionStatement(node) && !superCall) add("remove", "statement", node, ";");
    if (
      (ts.isContinueStatement(node) || ts.isThrowStatement(node) || ts.isBreakStatement(node)) &&
      !ts.isCaseOrDefaultClause(node.parent)
    )
      add("remove", "statement", node, ";");
    if (ts.isReturnStatement(node) && inIf(node)) add("remove", "statement", node, ";");
  };
  const call = (node) => {
    if (!ts.isPropertyAccessExpression(node.expression) || node.flags & ts.NodeFlags.OptionalChain) return;
    const { name, expression } = node.expression;
    const rest = text.slice(name.end, node.end);
    if (TWIN[name.text])
      add(
        "call",
        "expression",
        node,
        `${text.slice(node.getStart(source), name.getStart(source))}${TWIN[name.text]}${rest}`,
      );
    if (LEFT_OUT.has(name.text)) add("call", "expression", node, say(expression));
  };

  const visit = (node) => {
    if (
      ts.isImportDeclaration(node) ||
      ts.isExportDeclaration(node) ||
      ts.isTypeNode(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node)
    )
      return;
    if (ts.isBinaryExpression(node)) binary(node);
    if (ts.isPrefixUnaryExpression(node) && node.operator === K.ExclamationToken)
      add("negate", "expression", node, say(node.operand));
    if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) step(node);
    if (ts.isIfStatement(node)) {
      add("negate", "expression", node.expression, `!(${say(node.expression)})`);
      if (!node.elseStatement) add("negate", "expression", node.expression, `false && (${say(node.expression)})`);
    }
    if (ts.isConditionalExpression(node))
      add("swap", "expression", node, `${say(node.condition)} ? (${say(node.whenFalse)}) : (${say(node.whenTrue)})`);
    if (ts.isNumericLiteral(node) && node.parent.name !== node) {
      add("constant", "expression", node, `(${node.text} + 1)`);
      if (Number(node.text) > 0) add("constant", "expression", node, `(${node.text} - 1)`);
    }
    if (ts.isBigIntLiteral(node)) add("constant", "expression", node, `(${node.text} + 1n)`);
    if (node.kind === K.TrueKeyword) add("constant", "expression", node, "false");
    if (node.kind === K.FalseKeyword) add("constant", "expression", node, "true");
    statement(node);
    if (
      ts.isFunctionDeclaration(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isArrowFunction(node) ||
      ts.isFunctionExpression(node)
    )
      entry(node);
    if (ts.isCallExpression(node)) call(node);
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) literal(node);
    if (ts.isTemplateExpression(node)) add("string", "expression", node, `${say(node).slice(0, -1)}~\``);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sites;
}

/** The source with one site changed for good: what tsc is asked about. */
export function changed(site, text) {
  const put =
    site.wrap === "entry" ? ` if (1 + 1 === 2) ${site.put}` : site.wrap === "expression" ? `(${site.put})` : site.put;
  return text.slice(0, site.start) + put + text.slice(site.end);
}

/**
 * The source with all the sites given in it, each behind its switch, and a tick in each loop, so
 * that none is endless.
 */
export function instrumented(source, sites) {
  const edits = [];
  const insert = (at, put, opens, span) => edits.push({ at, put, opens, span });
  for (const { wrap, start, end, put, id } of sites) {
    if (wrap === "entry") insert(start, ` if (__mutant(${id})) ${put}`, true, -1);
    else if (wrap === "statement") {
      insert(start, `{ if (!__mutant(${id})) { `, true, end - start);
      insert(end, " } }", false, end - start);
    } else {
      insert(start, `(__mutant(${id}) ? (${put}) : (`, true, end - start);
      insert(end, "))", false, end - start);
    }
  }
  const visit = (node) => {
    if (ts.isIterationStatement(node, false)) {
      const { statement } = node;
      if (ts.isBlock(statement)) insert(statement.getStart(source) + 1, " __tick();", true, -2);
      else {
        insert(statement.getStart(source), "{ __tick(); ", true, 1e9);
        insert(statement.end, " }", false, 1e9);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  // At one place: what closes before what opens; the wider span opens first and closes last.
  edits.sort(
    (a, b) => a.at - b.at || Number(a.opens) - Number(b.opens) || (a.opens ? b.span - a.span : a.span - b.span),
  );
  const { text } = source;
  let out = "";
  let from = 0;
  for (const { at, put } of edits) {
    out += text.slice(from, at) + put;
    from = at;
  }
  return out + text.slice(from);
}
