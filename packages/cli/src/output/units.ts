// Numbers as people read them, the same on the terminal and on the pages of a run.
export * from '@espalier/report/units';
