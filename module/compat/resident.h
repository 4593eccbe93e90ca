/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_RESIDENT_H
#define FI_RESIDENT_H

#include <linux/hugetlb_inline.h>
#include <linux/mm.h>

/*
 * Whether the kernel can be told not to fault pages in (FOLL_NOFAULT, 55b8fe703bc5): a macro
 * up to 6.2, as all of these flags, and then a member of an enum.
 */
#if defined(FOLL_NOFAULT) || !defined(FOLL_WRITE)
#define FI_GETS_PAGES	1
#else
#define FI_GETS_PAGES	0
#endif

/* get_user_pages_remote() as it is, and as it was up to 6.4 (ca5e863233e8). */
typedef long fi_get_pages(struct mm_struct *mm, unsigned long start, unsigned long nr,
			  unsigned int flags, struct page **pages, int *locked);
typedef long fi_get_pages_and_vmas(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages,
				   struct vm_area_struct **vmas, int *locked);

#define FI_GETS_VMAS									\
	__builtin_types_compatible_p(typeof(get_user_pages_remote), fi_get_pages_and_vmas)

/* The compiler knows which of the two it is, so this is a direct call. */
static inline long fi_get_page(struct mm_struct *mm, unsigned long addr, unsigned int flags,
			       struct page **page)
{
	fi_get_pages *get = __builtin_choose_expr(FI_GETS_VMAS, NULL, get_user_pages_remote);
	fi_get_pages_and_vmas *get_both =
		__builtin_choose_expr(FI_GETS_VMAS, get_user_pages_remote, NULL);

	return FI_GETS_VMAS ? get_both(mm, addr, 1, flags, page, NULL, NULL) :
			      get(mm, addr, 1, flags, page, NULL);
}

/**
 * fi_get_resident_page() - get a page that is there, though an access would fault
 * @vma: the mapping, which its program may access
 * @addr: user address in it
 *
 * NUMA balancing takes the right to access from pages now and then, to see who uses
 * them. They stay where they are, and FOLL_FORCE gets them: gup_can_follow_protnone().
 *
 * Context: process; the mappings are locked. May sleep, but not for the page.
 *
 * Return: the page, for put_page(); NULL if it is not there, and without FI_GETS_PAGES.
 */
static inline struct page *fi_get_resident_page(struct vm_area_struct *vma, unsigned long addr)
{
#if FI_GETS_PAGES
	struct page *page;

	/* NUMA balancing leaves these alone, and follow_hugetlb_page() faults (until 6.5). */
	if (is_vm_hugetlb_page(vma))
		return NULL;
	if (fi_get_page(vma->vm_mm, addr, FOLL_FORCE | FOLL_NOFAULT, &page) == 1)
		return page;
#endif
	return NULL;
}

#endif
