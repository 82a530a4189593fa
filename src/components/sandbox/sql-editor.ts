/** CodeMirror for SQL. Loaded when a console is on screen; until then (and without it) a textarea does the work. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';

export interface SqlEditorOptions {
  parent: HTMLElement;
  text: string;
  /** For people who do not see the editor: `SQL for node a`. */
  label: string;
  placeholder: string;
  onChange(text: string): void;
  onRun(): void;
  /** Esc was pressed: the focus should go on from here. */
  onLeave(): void;
  onHistory(direction: 'older' | 'newer'): void;
}

export interface SqlEditor {
  /** Replaces all text, if it is another one. */
  setText(text: string): void;
  /** Tables and their columns, for completion. */
  setTables(tables: Record<string, string[]>): void;
  /** Marks a place until the text changes; null takes the mark away. */
  mark(error: { position: number; message: string } | null): void;
  focus(): void;
  destroy(): void;
}

export function mountSqlEditor(options: SqlEditorOptions): SqlEditor {
  const language = new Compartment();
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        Prec.high(keymap.of(ownKeys(options))),
        history(),
        bracketMatching(),
        closeBrackets(),
        // No key is taken from people who cannot use a mouse: Tab moves on, Enter takes a completion.
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        autocompletion({ icons: false, maxRenderedOptions: 30 }),
        language.of(sql({ dialect: PostgreSQL })),
        syntaxHighlighting(colours),
        look,
        placeholder(options.placeholder),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': options.label,
          'data-keys': 'own',
          spellcheck: 'false',
          // Editable content takes the focus anyway; this says so to tools that look for it.
          tabindex: '0',
          autocapitalize: 'off',
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    setText(text) {
      const length = view.state.doc.length;
      if (view.state.doc.toString() === text) return;
      view.dispatch({ changes: { from: 0, to: length, insert: text }, selection: { anchor: text.length } });
    },
    setTables(tables) {
      view.dispatch({
        effects: language.reconfigure(sql({ dialect: PostgreSQL, schema: tables, defaultSchema: 'public' })),
      });
    },
    mark(error) {
      view.dispatch(setDiagnostics(view.state, error ? [diagnostic(view.state, error)] : []));
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function ownKeys(options: SqlEditorOptions) {
  const done = (action: () => void) => () => {
    action();
    return true;
  };
  return [
    { key: 'Mod-Enter', run: done(options.onRun) },
    { key: 'Alt-ArrowUp', run: done(() => options.onHistory('older')) },
    { key: 'Alt-ArrowDown', run: done(() => options.onHistory('newer')) },
    {
      key: 'Escape',
      // With the list of completions open, Esc closes that first.
      run: (view: EditorView) => {
        if (completionStatus(view.state) === 'active') return false;
        options.onLeave();
        return true;
      },
    },
  ];
}

/** From the place that PostgreSQL names to the end of the word there; at the end of the text the last character. */
function diagnostic(state: EditorState, error: { position: number; message: string }): Diagnostic {
  const from = Math.max(0, Math.min(error.position, state.doc.length - 1));
  const word = /^[\p{L}\p{N}_"$.]+|^\S/u.exec(state.doc.sliceString(from, from + 80))?.[0].length ?? 1;
  return {
    from,
    to: Math.min(from + word, state.doc.length),
    severity: 'error',
    message: error.message,
  };
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--lichen)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--rust)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--node-a)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--ink-soft)', fontStyle: 'italic' },
  { tag: tags.typeName, color: 'var(--node-e)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: 'var(--size-2)', backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.5', fontVariantLigatures: 'none' },
  '.cm-content': { padding: 'var(--space-2) 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 var(--space-3)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '.cm-placeholder': { color: 'var(--ink-soft)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--lichen-wash)', outline: 'none' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    backgroundColor: 'var(--rust-wash)',
    textDecoration: 'underline wavy var(--rust) 2px',
    textUnderlineOffset: '3px',
    paddingBottom: '0',
  },
  '.cm-tooltip': {
    border: '1px solid var(--hairline-strong)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--snow)',
    color: 'var(--ink)',
    fontSize: 'var(--size-1)',
  },
  '.cm-diagnostic': {
    fontFamily: 'var(--font-text)',
    padding: 'var(--space-2) var(--space-3)',
    whiteSpace: 'pre-wrap',
  },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--rust)' },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '11em' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '2px var(--space-2)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--action)',
    color: 'var(--on-action)',
  },
});
