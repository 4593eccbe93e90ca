/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FI_RESIDENT_H
#define FI_RESIDENT_H

#include <linux/hugetlb_inline.h>
#include <linux/mm.h>

/*
 * Whether get_user_pages_remote() has FOLL_NOFAULT: 55b8fe703bc5 ("gup: Introduce
 * FOLL_NOFAULT flag to disable page faults") (5.16). All FOLL_ flags are macros up to 6.2
 * and members of an enum from 6.3 on.
 */
#if defined(FOLL_NOFAULT) || !defined(FOLL_WRITE)
#define FI_GETS_PAGES	1
#else
#define FI_GETS_PAGES	0
#endif

/*
 * The two types of get_user_pages_remote(): the present one, and the one before
 * ca5e863233e8 ("mm/gup: remove vmas parameter from get_user_pages_remote()") (6.5).
 */
typedef long fi_get_pages(struct mm_struct *mm, unsigned long start, unsigned long nr,
			  unsigned int flags, struct page **pages, int *locked);
typedef long fi_get_pages_and_vmas(struct mm_struct *mm, unsigned long start, unsigned long nr,
				   unsigned int flags, struct page **pages,
				   struct vm_area_struct **vmas, int *locked);

#define FI_GETS_VMAS									\
	__builtin_types_compatible_p(typeof(get_user_pages_remote), fi_get_pages_and_vmas)

/* The compiler knows which of the two types it is, so this is a direct call. */
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
 * fi_get_resident_page() - get a page if it is resident, even if an access would fault
 * @vma: a mapping that its process may access
 * @addr: user address in @vma
 *
 * From time to time NUMA balancing makes pages inaccessible in order to see which CPUs use
 * them. These pages stay resident, and FOLL_FORCE gets them (gup_can_follow_protnone()).
 *
 * Context: process; the caller holds mmap_lock of the mm. May sleep, but not until a page
 * is read in.
 *
 * Return: the page with a reference, for put_page(); NULL if it is not resident, and always
 * without FI_GETS_PAGES.
 */
static inline struct page *fi_get_resident_page(struct vm_area_struct *vma, unsigned long addr)
{
#if FI_GETS_PAGES
	struct page *page;

	/* NUMA balancing does not touch hugetlb, and follow_hugetlb_page() faults (until 6.5). */
	if (is_vm_hugetlb_page(vma))
		return NULL;
	if (fi_get_page(vma->vm_mm, addr, FOLL_FORCE | FOLL_NOFAULT, &page) == 1)
		return page;
#endif
	return NULL;
}

#endif
