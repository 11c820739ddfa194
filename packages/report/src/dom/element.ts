// Elements of a page, made in whatever DOM is given: a browser's or one in Node. Text and attributes are data, never markup.

/** Attributes by name; what is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** What an element may hold; what is undefined is left out. */
export type Child = Node | string | undefined;

const SVG = 'http://www.w3.org/2000/svg';

/** Makes elements in one document. */
export interface Maker {
  readonly document: Document;
  /** An HTML element. */
  html(name: string, attributes: Attributes, ...children: readonly Child[]): HTMLElement;
  /** An SVG element. */
  svg(name: string, attributes: Attributes, ...children: readonly Child[]): SVGElement;
}

/** Opens a maker on a document. */
export function createMaker(document: Document): Maker {
  const fill = <Made extends Element>(
    made: Made,
    attributes: Attributes,
    children: readonly Child[],
  ): Made => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) made.setAttribute(name, String(value));
    }
    for (const child of children) {
      if (child !== undefined) {
        made.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
      }
    }
    return made;
  };
  return {
    document,
    html: (name, attributes, ...children) => fill(document.createElement(name), attributes, children),
    svg: (name, attributes, ...children) =>
      fill(document.createElementNS(SVG, name) as SVGElement, attributes, children),
  };
}
