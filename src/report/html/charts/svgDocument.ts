import { escapeText } from "../markup.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * As much of a document as the chart library needs to draw SVG without a browser: elements, text,
 * attributes. What is drawn is written by {@link SvgElement.markup}, which escapes every text and
 * attribute and knows no scripts: no name in a chart can become markup.
 */
export class SvgDocument {
  readonly documentElement: SvgElement = new SvgElement(this, "svg");

  createElementNS(_namespace: string, name: string): SvgElement {
    return new SvgElement(this, name);
  }

  createElement(name: string): SvgElement {
    return new SvgElement(this, name);
  }

  createTextNode(text: string): SvgText {
    return new SvgText(this, text);
  }
}

type Child = SvgElement | SvgText;

class SvgText {
  parentNode: SvgElement | null = null;
  readonly nodeType = 3;

  constructor(
    readonly ownerDocument: SvgDocument,
    public data: string,
  ) {}

  get textContent(): string {
    return this.data;
  }

  markup(): string {
    return escapeText(this.data);
  }
}

/** Elements that the library puts in and a page does not want: its style is the page's. */
const LEFT_OUT: ReadonlySet<string> = new Set(["style", "script", "foreignObject"]);

export class SvgElement {
  parentNode: SvgElement | null = null;
  childNodes: Child[] = [];
  readonly nodeType = 1;
  readonly namespaceURI = SVG;
  readonly style = {
    setProperty: (name: string, value: string) => this.styles.set(name, value),
    removeProperty: (name: string) => this.styles.delete(name),
  };
  private readonly attributes = new Map<string, string>();
  private readonly styles = new Map<string, string>();

  constructor(
    readonly ownerDocument: SvgDocument,
    readonly tagName: string,
  ) {}

  get ownerSVGElement(): SvgElement | null {
    let at: SvgElement | null = this.parentNode;
    while (at !== null && at.tagName !== "svg") at = at.parentNode;
    return at;
  }

  get firstChild(): Child | null {
    return this.childNodes[0] ?? null;
  }

  get lastChild(): Child | null {
    return this.childNodes.at(-1) ?? null;
  }

  get textContent(): string {
    return this.childNodes.map((child) => child.textContent).join("");
  }

  set textContent(text: string) {
    this.childNodes = [];
    if (text !== "") this.append(String(text));
  }

  setAttribute(name: string, value: unknown): void {
    this.attributes.set(name, String(value));
  }

  setAttributeNS(_namespace: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }

  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }

  append(...children: (Child | string)[]): void {
    for (const child of children) {
      this.insertBefore(typeof child === "string" ? this.ownerDocument.createTextNode(child) : child, null);
    }
  }

  appendChild<T extends Child>(child: T): T {
    return this.insertBefore(child, null);
  }

  insertBefore<T extends Child>(child: T, before: Child | null): T {
    child.parentNode?.removeChild(child);
    const at = before === null ? this.childNodes.length : this.childNodes.indexOf(before);
    this.childNodes.splice(at, 0, child);
    child.parentNode = this;
    return child;
  }

  removeChild(child: Child): void {
    this.childNodes = this.childNodes.filter((one) => one !== child);
    child.parentNode = null;
  }

  /** The element as SVG text. */
  markup(): string {
    if (LEFT_OUT.has(this.tagName)) return "";
    let text = `<${this.tagName}`;
    for (const [name, value] of this.attributes) {
      // The library labels its groups, which only elements with a role may be; the drawing has one
      // label, its title.
      if (/^on|href$|^aria-/i.test(name)) continue;
      text += ` ${name}="${escapeText(shortNumbers(value))}"`;
    }
    if (this.styles.size > 0) {
      text += ` style="${escapeText([...this.styles].map(([name, value]) => `${name}:${value}`).join(";"))}"`;
    }
    const inner = this.childNodes.map((child) => child.markup()).join("");
    return inner === "" && this.tagName !== "text" ? `${text}/>` : `${text}>${inner}</${this.tagName}>`;
  }
}

/** A hundredth of a pixel is enough for a place; longer fractions are most of a chart's bytes. */
function shortNumbers(value: string): string {
  return value.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2))));
}
